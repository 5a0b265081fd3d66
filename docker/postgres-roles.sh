#!/bin/sh
# The stock image makes POSTGRES_USER a superuser, and row security does not hold a superuser.
# So Encours gets roles of its own: one owns and migrates, one serves, one makes back-ups.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
  -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE encours_owner LOGIN NOSUPERUSER CREATEDB NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE encours_app LOGIN NOSUPERUSER NOCREATEDB NOBYPASSRLS PASSWORD :'app_password';
CREATE ROLE encours_backup NOLOGIN NOSUPERUSER BYPASSRLS;
GRANT pg_read_all_data TO encours_backup;
CREATE DATABASE encours OWNER encours_owner;
SQL
