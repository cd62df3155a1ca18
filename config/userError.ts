import * as pulumi from "@pulumi/pulumi";

/**
 * An error that the user can mend: Pulumi shows its message alone. It has no stack either, since Pulumi would look up
 * the source map of every frame all the same, for some 15 s, before it ends.
 */
export function userError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}
