#!/usr/bin/env bash
# BullMQ asks each new connection for INFO. Where a user may not send it, a Queue rejects and its process lives. A Worker
# stops its whole process: its connection has failed for good and rejects at once whenever it is asked, and mainLoop takes
# what is no connection error for no job and asks again without a pause (worker.js, retryIfFailed with onlyEmitError), in
# one turn of Node's event loop. No timer fires, no signal handler runs, no health check is answered, and what a handler
# of 'error' would send never leaves.
#
# Needs redis-server or valkey-server (or its path in SERVER), node and npm.
#
# Seen with BullMQ 6.7.0 on Node 20.20.2 and Valkey 9.1.2
#   Queue alive after a second
#   Worker no timer in 5 s, ended by force
set -euo pipefail
server=${SERVER:-$(command -v redis-server || command -v valkey-server)}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; wait; rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" bullmq@6.7.0
"$server" --port 26394 --save '' --dir "$folder" > "$folder/server.log" &
for _ in $(seq 100); do
  exec 3<> /dev/tcp/127.0.0.1/26394 && break || sleep 0.1
done 2> /dev/null
printf 'ACL SETUSER app on nopass ~* &* +@all -info\r\n' >&3
read -r -t 5 answer <&3
[[ $answer == +OK* ]]
cat > "$folder/app.js" << 'EOF'
const bullmq = require("bullmq");
const connection = { host: "127.0.0.1", port: 26394, username: "app", password: "any", maxRetriesPerRequest: null };
const kind = process.argv[2];
const work = kind === "Worker" ? [async () => 1] : [];
const made = new bullmq[kind]("mail", ...work, { connection });
made.on("error", () => {});
setTimeout(() => { console.log(kind, "alive after a second"); process.exit(); }, 1000);
EOF
cd "$folder"
node app.js Queue 2> /dev/null
if timeout --signal=KILL 5 node app.js Worker 2> /dev/null; then exit 1; fi
echo "Worker no timer in 5 s, ended by force"
echo "as described: bullmq 6.7.0, Node $(node --version), $("$server" --version)"
