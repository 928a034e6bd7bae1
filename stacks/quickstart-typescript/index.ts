import { declareFraud } from "./fraud";

export const { workspaceId } = declareFraud();
