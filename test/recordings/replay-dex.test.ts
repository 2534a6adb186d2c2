import { testReplay } from "./suite.ts";

testReplay("dex");
