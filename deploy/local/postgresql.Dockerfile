# PostgreSQL as the official image starts it, from Debian's package: for compose tests on machines
# that cannot pull images.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update --quiet \
 && apt-get install --yes --quiet --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && mkdir -p /var/lib/postgresql/data /run/postgresql \
 && chown postgres: /var/lib/postgresql/data /run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
COPY postgresql-entrypoint.sh /usr/local/bin/
USER postgres
STOPSIGNAL SIGINT
ENTRYPOINT ["postgresql-entrypoint.sh"]
CMD ["postgres"]
