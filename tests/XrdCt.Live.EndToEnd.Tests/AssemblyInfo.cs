using Xunit.Sdk;
using Xunit.v3;

// Two programs at once already fill two cores; several scans at once would only time each other out.
[assembly: Parallelization(Mode = ParallelMode.None)]
