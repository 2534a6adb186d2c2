import { testReplay } from "./suite.ts";

testReplay("oauth2-proxy");
