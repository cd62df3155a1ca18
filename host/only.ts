/**
 * The environment variable in which `npm run up -- STACK --only PI[,PI]` names the Pis that it targets, for the program. To
 * set it without the targets would be to change Pis that were not asked.
 */
export const onlyVariable = "ASTERISK_RPI5_ONLY";
