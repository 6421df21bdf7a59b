// The main job, with the types of openapi-typescript and its openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "./schema";

declare const process: { env: Record<string, string>; exitCode: number };

async function main(): Promise<void> {
  const { URL_OF_API, KEY, TENANT } = process.env;
  const headers = { Authorization: `Bearer ${KEY}` };
  const client = createClient<paths>({ baseUrl: URL_OF_API, headers });
  const made = await client.POST("/api/scheduled-exports", {
    body: {
      name: "By openapi-fetch",
      tenantId: TENANT,
      exportType: "campaigns",
      format: "csv",
      schedule: "0 0 1 1 *",
      recipients: ["ann@example.com"],
    },
  });
  if (!made.data) throw new Error(made.error.detail);
  const listed = await client.GET("/api/scheduled-exports", {
    params: { query: { tenantId: TENANT } },
  });
  const id = made.data.id;
  if (!listed.data?.items.some((item) => item.id === id)) throw new Error("it is not listed");
  const started = await client.POST("/api/scheduled-exports/{schedule_id}/trigger", {
    params: { path: { schedule_id: id }, query: { wait: 60 } },
    body: { recipients: [] },
  });
  if (!started.data) throw new Error(started.error.detail);
  const run = started.data.historyId;
  const ended = await client.GET("/api/runs/{run_id}", {
    params: { path: { run_id: run }, query: { wait: 60 } },
  });
  if (ended.data?.status !== "completed") throw new Error(`it is ${ended.data?.status}`);
  const file = await client.GET("/api/scheduled-exports/{schedule_id}/history/{history_id}/file", {
    params: { path: { schedule_id: id, history_id: run } },
    parseAs: "text",
  });
  console.log(`downloaded ${String(file.data).split("\n").length > 1}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
