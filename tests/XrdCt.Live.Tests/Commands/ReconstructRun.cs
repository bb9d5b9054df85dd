using System.CommandLine;
using System.Text.Json;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Tests.Commands;

/// <summary>What <c>xrdct reconstruct</c> says and writes, run in process.</summary>
internal sealed class ReconstructRun
{
    private ReconstructRun(JsonElement said, VolumeFile file)
    {
        (Said, Size, Bins) = (said, file.Header.Size, file.Header.BinCount);
        Origin = file.Header.Origin;
        Radial = file.Header.Radial;
        Values = file.ReadBins(0, Bins);
    }

    public JsonElement Said { get; }

    public int Size { get; }

    public int Bins { get; }

    public string Origin { get; }

    public double[] Radial { get; }

    /// <summary>[bin, y, x].</summary>
    public float[] Values { get; }

    public double Axis_px => Said.GetProperty("axis_px").GetDouble();

    public string Remarks => string.Join("; ", Said.GetProperty("remarks").EnumerateArray().Select(r => r.GetString()));

    public static ReconstructRun Of(string output, params string[] arguments)
    {
        StringWriter said = new();
        Assert.Equal(0, Invoke([.. arguments, "--output", output, "--json", .. arguments.Contains("--threads") ? (string[])[] : ["--threads", "2"]], said));
        using VolumeFile file = new(output, ChunkUnpacking.Unpack);
        return new ReconstructRun(JsonDocument.Parse(said.ToString()).RootElement, file);
    }

    /// <summary>The sentence with which the command ends.</summary>
    public static string Refusal(int exit, params string[] arguments)
    {
        UserException e = Assert.Throws<UserException>(() => Invoke(arguments, TextWriter.Null));
        Assert.Equal(exit, e.ExitCode);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }

    public static int Invoke(string[] arguments, TextWriter output) => new RootCommand { new ReconstructCommand().Build(), new InfoCommand().Build() }
        .Parse(arguments[0] == "info" ? arguments : ["reconstruct", .. arguments])
        .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output });

    public float[] Slice(int bin) => Values[(bin * Size * Size)..((bin + 1) * Size * Size)];

    /// <summary>RMS of the difference from another slice, as a share of its RMS, inside a share of the circle; NaN there is an error.</summary>
    public double Error(int bin, Func<int, int, double> expected, double share = 1)
    {
        double difference = 0, power = 0;
        double radius = share * ((Size / 2) - 1);
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                if (Math.Pow(y - (Size / 2), 2) + Math.Pow(x - (Size / 2), 2) <= radius * radius)
                {
                    double value = expected(y, x);
                    difference += Math.Pow(Values[(((bin * Size) + y) * Size) + x] - value, 2);
                    power += value * value;
                }
            }
        }

        return Math.Sqrt(difference / power);
    }

    public double Error(int bin, float[] slice, double share = 1) => Error(bin, (y, x) => slice[(y * Size) + x], share);

    /// <summary>Bits of the values: NaN is NaN.</summary>
    public int[] Bits(int first, int count) => [.. Values.AsSpan(first * Size * Size, count * Size * Size).ToArray().Select(BitConverter.SingleToInt32Bits)];
}
