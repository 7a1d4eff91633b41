/** To be written. */
export const InvitationPage = () => <p>InvitationPage</p>
