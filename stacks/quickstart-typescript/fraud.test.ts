/** Tests the program without an instance: `npm test`. */

import { strict as assert } from "node:assert";
import { test } from "node:test";

import * as pulumi from "@pulumi/pulumi";

interface Declared {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
}

const declared: Declared[] = [];

pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
        declared.push({ type, name, inputs });
        return { id: name, state: type === "wallaroo:index:Workspace" ? { ...inputs, workspaceId: 12 } : inputs };
    },
    call: () => ({}),
});

test("the lead owns the workspace", async () => {
    const { declareFraud } = await import("./fraud");
    const { workspaceId } = declareFraud();
    assert.equal(await new Promise((resolve) => workspaceId.apply(resolve)), 12);
    await pulumi.runtime.disconnect(); // waits for all resources
    const lead = declared.find(({ name }) => name === "fraud-lead");
    assert.equal(lead?.type, "wallaroo:index:WorkspaceMember");
    assert.deepEqual(lead?.inputs, { workspaceId: 12, email: "mary.jane@example.com", role: "OWNER" });
});
