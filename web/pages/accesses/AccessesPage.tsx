/** To be written. */
export const AccessesPage = () => <p>AccessesPage</p>
