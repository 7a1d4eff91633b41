/** To be written. */
export const AgentPage = () => <p>AgentPage</p>
