#!/usr/bin/env bash
# The streams adapter of Socket.IO reads its stream in a loop that takes every error for an empty answer and asks again
# at once (dist/adapter.js, startPolling: what it catches goes to `debug`). A user that may not read the stream, or a
# stream by another name than the one that was granted, so costs a processor on both sides, fills ACL LOG, and says
# nothing: `io.emit` returns true, no event and no rejection comes, and no other server gets the message.
#
# Needs redis-server or valkey-server (or its path in SERVER), node and npm.
#
# Seen with @socket.io/redis-streams-adapter 0.3.1, socket.io 4.8.4 and redis 6.3.1 on Node 20.20.2, within two seconds
#   emitted; nothing was heard of it; thousands of XREAD refused
set -euo pipefail
server=${SERVER:-$(command -v redis-server || command -v valkey-server)}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; wait; rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" \
  @socket.io/redis-streams-adapter@0.3.1 socket.io@4.8.4 redis@6.3.1
"$server" --port 26395 --save '' --dir "$folder" > "$folder/server.log" &
for _ in $(seq 100); do
  exec 3<> /dev/tcp/127.0.0.1/26395 && break || sleep 0.1
done 2> /dev/null
printf 'ACL SETUSER app on nopass ~app:* &* +@all\r\n' >&3
read -r -t 5 answer <&3
[[ $answer == +OK* ]]
cat > "$folder/app.js" << 'EOF'
const { createAdapter } = require("@socket.io/redis-streams-adapter");
const { Server } = require("socket.io");
const { createClient } = require("redis");
const heard = [];
process.on("unhandledRejection", (error) => heard.push(error.message));
(async () => {
  const client = createClient({ socket: { port: 26395 }, username: "app", password: "any" });
  client.on("error", (error) => heard.push(error.message));
  await client.connect();
  const io = new Server(0, { adapter: createAdapter(client, { channelPrefix: "app:channel" }) });
  console.log("emitted:", io.emit("news", "hello"));
  setTimeout(async () => {
    const stats = await client.info("commandstats");
    console.log("heard:", heard.length);
    console.log("refused:", Number(stats.match(/cmdstat_xread:.*rejected_calls=(\d+)/)[1]) > 1000);
    process.exit();
  }, 2000);
})();
EOF
cd "$folder"
node app.js | tee seen.txt
printf '%s\n' 'emitted: true' 'heard: 0' 'refused: true' > expected.txt
diff expected.txt seen.txt || { echo "changed: it pauses, or says something" >&2; exit 1; }
echo "as described: redis-streams-adapter 0.3.1, Node $(node --version), $("$server" --version)"
