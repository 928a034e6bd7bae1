/**
 * Run the program of stacks/quickstart-typescript by the Automation API, which needs no language host.
 *
 * The working folder contains the project and its stack; the arguments are the project and the stack.
 */

import { LocalWorkspace } from "@pulumi/pulumi/automation";

import { declareFraud } from "./fraud";

async function main(projectName: string, stackName: string): Promise<void> {
    const program = async () => declareFraud();
    const stack = await LocalWorkspace.selectStack({ projectName, stackName, program }, { workDir: "." });
    await stack.up();
}

main(process.argv[2], process.argv[3]).catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
