# The program for the CPU, as `docker build -t xrayclf .` makes it. Nothing in it is written to when it runs, and no user is root:
#
#   docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges -v "$PWD/runs:/runs:ro" \
#     -v "$PWD/token:/token:ro" --user "$(id -u)" -p 127.0.0.1:8000:8000 xrayclf \
#     serve --checkpoint /runs/1 --host 0.0.0.0 --token_file /token
FROM debian:12-slim AS build
WORKDIR /src
# LibTorch and compiled objects stay in BuildKit's cache: a second build compiles what changed.
COPY scripts/setup.sh scripts/requirements-libtorch.txt scripts/requirements-cuda.txt scripts/
RUN --mount=type=cache,target=/root/.cache/xrayclf scripts/setup.sh --no-weights
COPY . .
RUN --mount=type=cache,target=/root/.cache/xrayclf --mount=type=cache,target=/root/.cache/ccache \
    scripts/setup.sh --no-weights \
    && cmake --preset release -DXRAYCLF_BUILD_TESTS=OFF -DXRAYCLF_CUDA=OFF \
    && cmake --build --preset release \
    && DESTDIR=/image cmake --install build/release --strip --component runtime --prefix /usr

FROM debian:12-slim
LABEL org.opencontainers.image.title="xrayclf" \
      org.opencontainers.image.description="Chest X-ray classification. Research use only: not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0"
# The libraries that the program links, and what draws figures.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       libdcmtk17 libfmt9 libjpeg62-turbo libopencv-core406 libopencv-imgproc406 libopenjp2-7 libpng16-16 libseccomp2 \
       libspdlog1.10 libssl3 libstdc++6 zlib1g gnuplot-nox fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/usr /usr
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["xrayclf", "health"]
ENTRYPOINT ["xrayclf"]
CMD ["--help"]
