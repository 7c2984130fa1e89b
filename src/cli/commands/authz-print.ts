import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";

/** `verbatim authz print`: the table that every server of this version goes by. */
export async function printAuthorization({ stdout, json }: Session): Promise<number> {
  const { authorizationRows } = await import("#api"); // takes long to load
  const rows = authorizationRows();
  if (json) {
    const methods = rows.map(({ roles, ...row }) => ({ ...row, roles: roles ?? null }));
    await stdout.json(`${JSON.stringify({ methods })}\n`);
    return EXIT.succeeded;
  }
  const width = Math.max(...rows.map(({ method }) => method.length));
  for (const { method, roles, tenants } of rows) {
    const may = roles === undefined ? "whoever is known" : roles.join(", ");
    await stdout.line(`${method.padEnd(width)}  ${tenants.padEnd(10)}  ${may}`);
  }
  return EXIT.succeeded;
}
