/** To be written. */
export const PolicyPage = () => <p>PolicyPage</p>
