// @ts-check
/** The page of hosts renews itself; what somebody has opened stays open. */
import { onDialog } from "./dialogs.js";
import { keepWhatPeopleDo } from "./morph-rules.js";

keepWhatPeopleDo();
document.addEventListener("click", onDialog);
