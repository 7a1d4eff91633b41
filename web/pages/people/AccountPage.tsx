/** To be written. */
export const AccountPage = () => <p>AccountPage</p>
