/** To be written. */
export const SourcesPage = () => <p>SourcesPage</p>
