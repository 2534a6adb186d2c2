export const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

/** Those that can be kept from a connector; `client_credentials` knows no connector. */
export const CONNECTOR_GRANTS: readonly string[] = [
  "authorization_code",
  "refresh_token",
  "implicit",
  "password",
  DEVICE_CODE,
  TOKEN_EXCHANGE,
];
