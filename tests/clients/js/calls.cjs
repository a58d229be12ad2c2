// Makes the calls that come in, one JSON line each, with Teraslice's own client, and says what came of each in one line.
//
//     {"on": "cluster", "call": "txt", "with": ["ex"]}   ->   {"gave": "..."}
//     {"job": "an id", "call": "stop"}                   ->   {"threw": {"message": "...", "code": 404}}
//
// {"$base64": "..."} among the arguments is a Buffer. A job that a call gives is shown by its id.
'use strict';

const { createInterface } = require('node:readline');
const client = require('teraslice-client-js')({ host: process.argv[2] });

const read = (value) => (value && value.$base64 ? Buffer.from(value.$base64, 'base64') : value);
const shown = (value) => (value && typeof value.id === 'function' ? { job_id: value.id() } : value);

async function answer(line) {
    const { on, job, call, with: given = [] } = JSON.parse(line);
    const target = job ? client.jobs.wrap(job) : client[on];
    try {
        return { gave: shown(await target[call](...given.map(read))) };
    } catch (error) {
        return { threw: { message: error.message, code: error.code } };
    }
}

(async () => {
    for await (const line of createInterface({ input: process.stdin })) {
        process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
    }
})();
