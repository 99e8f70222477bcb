// Who a command comes from: whoever holds the token is the user.

/** Recorded in facts as `by`. */
export const user = "user";
