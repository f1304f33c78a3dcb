package curlew.bench;

/** The ways a program of the bench ends early. */
final class Failure {
  private Failure() {}

  /** Says what is wrong with the command line and ends the process with code 2. */
  static Error usage(String problem) {
    return exit(problem, 2);
  }

  /** Ends the process with code 1: a bench that goes on after a failed call measures nothing. */
  static Error of(String what) {
    return exit(what, 1);
  }

  private static Error exit(String what, int code) {
    System.err.println(what);
    // Not exit: its shutdown hooks would wait for threads in the middle of a call.
    Runtime.getRuntime().halt(code);
    return new AssertionError("halted");
  }
}
