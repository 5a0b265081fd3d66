FROM python:3.12-slim-bookworm

RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-liberation fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=config.settings \
    STATIC_ROOT=/app/staticfiles

COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
# Neither command reads or writes a server; the addresses only have to be there.
RUN python -m config.catalogs \
 && SECRET_KEY=build DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost \
    python -m django collectstatic --noinput -v0 \
 && useradd --system --home-dir /app encours \
 && install --directory --owner encours /var/lib/encours/anchors
USER encours
ENV ANCHORS_DIR=/var/lib/encours/anchors

EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--preload", "--no-control-socket"]
