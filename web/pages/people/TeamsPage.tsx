/** To be written. */
export const TeamsPage = () => <p>TeamsPage</p>
