// The main job, with the functions that @hey-api/openapi-ts makes.
import {
  createSchedule,
  downloadRunFile,
  getRun,
  listSchedules,
  triggerSchedule,
} from "./sdk";
import { client } from "./sdk/client.gen";

declare const process: { env: Record<string, string>; exitCode: number };

async function main(): Promise<void> {
  const { URL_OF_API, KEY, TENANT } = process.env;
  client.setConfig({ baseUrl: URL_OF_API, auth: KEY, throwOnError: true });
  const made = await createSchedule({
    throwOnError: true,
    body: {
      name: "By hey-api",
      tenantId: TENANT,
      exportType: "campaigns",
      format: "csv",
      schedule: "0 0 1 1 *",
      recipients: ["ann@example.com"],
    },
  });
  const id = made.data.id;
  const listed = await listSchedules({ throwOnError: true, query: { tenantId: TENANT } });
  if (!listed.data.items.some((item) => item.id === id)) throw new Error("it is not listed");
  const started = await triggerSchedule({
    throwOnError: true,
    path: { schedule_id: id },
    query: { wait: 60 },
    body: { recipients: [] },
  });
  const run = started.data.historyId;
  const ended = await getRun({ throwOnError: true, path: { run_id: run }, query: { wait: 60 } });
  if (ended.data.status !== "completed") throw new Error(`it is ${ended.data.status}`);
  const file = await downloadRunFile({
    throwOnError: true,
    path: { schedule_id: id, history_id: run },
    parseAs: "text",
  });
  console.log(`downloaded ${String(file.data).split("\n").length > 1}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
