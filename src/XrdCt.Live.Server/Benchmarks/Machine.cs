using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>What a benchmark ran on, for its first lines.</summary>
internal static class Machine
{
    /// <summary>Program, runtime, operating system, processor and what of its vector instructions counts here: two items of a list.</summary>
    public static string Items
    {
        get
        {
            string simd = string.Join(", ", new[]
            {
                (Avx2.IsSupported, "AVX2"), (Avx512F.IsSupported, "AVX-512"), (Gfni.IsSupported, "GFNI"), (AdvSimd.IsSupported, "NEON"),
            }.Where(s => s.Item1).Select(s => s.Item2));
            return $"- {SetUp.Program}, .NET {Environment.Version}, {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.OSArchitecture}\n"
                + $"- {Cpu()}, {Environment.ProcessorCount} cores, {simd}\n";
        }
    }

    private static string Cpu()
    {
        const string Info = "/proc/cpuinfo";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':')[1].Trim() ?? "unknown CPU";
    }
}
