/** To be written. */
export const TokensPage = () => <p>TokensPage</p>
