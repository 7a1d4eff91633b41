/** To be written. */
export const CallPage = () => <p>CallPage</p>
