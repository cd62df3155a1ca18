import { interruptedDuring } from "./interrupt";

interruptedDuring("gap");
