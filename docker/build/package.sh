#!/bin/bash
set -euxo pipefail
mkdir -p /build
