#!/bin/sh
# Creates the role and the database of Troupe. The role is no superuser, so the extension is created here.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --username postgres <<'SQL'
CREATE ROLE troupe LOGIN PASSWORD :'password';
CREATE DATABASE troupe OWNER troupe;
\connect troupe
CREATE EXTENSION vector;
SQL
