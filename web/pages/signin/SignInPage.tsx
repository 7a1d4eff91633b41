/** To be written. */
export const SignInPage = () => <p>SignInPage</p>
