/** The page of hosts renews itself; what somebody has opened stays open. */
import { keepWhatPeopleDo } from "./morph-rules.js";

keepWhatPeopleDo();
