// Measure the AWS SDK for JavaScript with many calls side by side.
//
// Usage: sdk_promises.js NAME ROUNDS CALLS WIDTH ENDPOINT_URL CA_FILE REQUEST_FILE
//
// One client, with as many sockets as there are calls at a time.  Prints a line
// "NAME sdk TAB microseconds a call" for each round; a round makes CALLS calls.

"use strict";

const fs = require("node:fs");
const https = require("node:https");
const { GlueClient, CreateConnectionCommand } =
	require("@aws-sdk/client-glue");

const [rounds, calls, width] = process.argv.slice(3, 6).map(Number);
const [endpoint, caFile, requestFile] = process.argv.slice(6);
const request = JSON.parse(fs.readFileSync(requestFile));

const client = new GlueClient({
	region: "us-east-1",
	endpoint,
	maxAttempts: 1,
	credentials: {
		accessKeyId: process.env.AWS_ACCESS_KEY_ID,
		secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
	},
	requestHandler: {
		httpsAgent: new https.Agent({
			keepAlive: true, maxSockets: width, ca: fs.readFileSync(caFile) }),
	},
});

// Make the calls that no other promise has taken, one after the other.
async function work(numbers) {
	for (const number of numbers) {
		const name = "shop-warehouse-" + String(number).padStart(8, "0");
		const input = { ...request.ConnectionInput, Name: name };
		await client.send(
			new CreateConnectionCommand({ ...request, ConnectionInput: input }));
	}
}

async function main() {
	for (let turn = 0; turn <= rounds; turn++) {
		const numbers = Array(calls).keys();
		const started = process.hrtime.bigint();
		await Promise.all(Array.from({ length: width }, () => work(numbers)));
		const microseconds = Number(process.hrtime.bigint() - started) / 1000;
		if (turn > 0)	// the first one makes the connections
			console.log(`${process.argv[2]} sdk\t${(microseconds / calls).toFixed(3)}`);
	}
}

main().catch((error) => {
	console.error(error);
	process.exitCode = 1;
});
