/** To be written. */
export const CallsPage = () => <p>CallsPage</p>
