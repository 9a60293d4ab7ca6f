# RabbitMQ from Debian's package: for compose tests on machines that cannot pull images.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update --quiet \
 && apt-get install --yes --quiet --no-install-recommends rabbitmq-server \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/lib/rabbitmq/.erlang.cookie \
 && mkdir -p /etc/rabbitmq/conf.d && chown -R rabbitmq: /var/lib/rabbitmq /etc/rabbitmq
# The package's own launcher wants to be root and log to files.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH RABBITMQ_LOGS=- HOME=/var/lib/rabbitmq \
    RABBITMQ_CONFIG_FILES=/etc/rabbitmq/conf.d
USER rabbitmq
CMD ["rabbitmq-server"]
