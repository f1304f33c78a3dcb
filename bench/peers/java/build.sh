#!/bin/sh
# Builds the grpc-java peer into bench/bin. Exit code 3 says that something it builds with is missing.
set -eu
cd "$(dirname "$0")"

missing() {
	echo "java: $1" >&2
	exit 3
}
need() {
	command -v "$1" >/dev/null || missing "$1 is missing (Debian: $2)"
}
need javac openjdk-17-jdk-headless
need mvn maven
mvn -q -B dependency:resolve >/dev/null 2>&1 || missing "the artifacts of pom.xml cannot be fetched from Maven Central"

mkdir -p target ../../bin
# Through a file, because Maven writes escape codes even when it has nothing to say.
mvn -q -B package >target/build.log 2>&1 || {
	cat target/build.log >&2
	exit 1
}
for main in Server Client; do
	program=../../bin/java-$(echo $main | tr SC sc)
	cat >"$program" <<-WRAPPER
		#!/bin/sh
		# The heap is bounded because its default, a quarter of the machine's memory, would make the memory that is
		# measured a matter of the machine. All else is the JVM's default: it counts the cores that its affinity
		# leaves it, and so sizes its collector, its compiler and Netty's event loops by them. JAVA_TOOL_OPTIONS adds more.
		exec java -Xmx512m -cp "\$(dirname "\$0")/../peers/java/target/bench-java-1.jar:\$(dirname "\$0")/../peers/java/target/lib/*" \\
			curlew.bench.$main "\$@"
	WRAPPER
	chmod +x "$program"
done
