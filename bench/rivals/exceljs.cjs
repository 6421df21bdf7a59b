// Excel by exceljs in Node, streaming: `node exceljs.cjs MODULES TASK FILE`. MODULES: the folder that holds exceljs.
// Prints its seconds, from after its imports to the closed file. Rows come through Node's own SQLite.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { DatabaseSync } = require("node:sqlite");

const [modules, taskFile, path] = process.argv.slice(2);
const { stream } = createRequire(`${modules}/`)("exceljs");

const COLUMNS = [
  "campaign_id", "campaign_name", "date", "impressions", "clicks", "conversions", "currency", "spend", "revenue",
  "ctr", "cpc", "cpa", "roas",
];
const CHUNK = 2000;

const ratio = (above, below) => (below ? Math.round((above / below) * 1e6) / 1e6 : null);
const breath = () => new Promise((resolve) => setImmediate(resolve));

async function main() {
  const task = JSON.parse(readFileSync(taskFile, "utf8"));
  const began = performance.now();
  const database = new DatabaseSync(task.database, { readOnly: true });
  const statement = database.prepare(task.sql);
  statement.setReturnArrays(true);
  const book = new stream.xlsx.WorkbookWriter({ filename: path, useStyles: true });
  const sheet = book.addWorksheet("Export");
  sheet.columns = COLUMNS.map((name) => ({ header: name, key: name, style: name === "date" ? { numFmt: "yyyy-mm-dd" } : {} }));
  let count = 0;
  for (const row of statement.iterate(...task.parameters)) {
    const [campaign, name, day, impressions, clicks, conversions, currency, spendCents, revenueCents] = row;
    const spend = spendCents / 100, revenue = revenueCents / 100;
    sheet.addRow([
      campaign, name, new Date(day), impressions, clicks, conversions, currency, spend, revenue,
      ratio(clicks, impressions), ratio(spend, clicks), ratio(spend, conversions), ratio(revenue, spend),
    ]).commit();
    count += 1;
    if (count % CHUNK === 0) await breath(); // what is written reaches the file only between two turns of the loop
  }
  sheet.commit();
  await book.commit();
  database.close();
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000 }));
}

main();
