declare const brand: unique symbol;

/**
 * Where the browser goes after login or sign-out: `/path…` on the host that handles the request, or an absolute
 * http(s) URL on an allowed host. Made only by {@link parseReturnTarget}, so an open redirect cannot be built by accident.
 */
export type ReturnTarget = string & { readonly [brand]: true };
