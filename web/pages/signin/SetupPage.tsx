/** To be written. */
export const SetupPage = () => <p>SetupPage</p>
