import { interruptedDuring } from "./interrupt";

interruptedDuring("verification");
