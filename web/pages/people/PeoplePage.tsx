/** To be written. */
export const PeoplePage = () => <p>PeoplePage</p>
