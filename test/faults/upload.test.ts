import { interruptedDuring } from "./interrupt";

interruptedDuring("upload");
