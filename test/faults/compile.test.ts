import { interruptedDuring } from "./interrupt";

interruptedDuring("compile");
