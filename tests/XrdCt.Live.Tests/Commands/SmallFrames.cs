using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Integration;

namespace XrdCt.Live.Tests.Commands;

/// <summary>Frames of the small detector in files, each a little brighter than the one before, and what the reference makes of them.</summary>
internal sealed class SmallFrames : IDisposable
{
    public const int Bins = 150;

    public SmallFrames()
    {
        Folder = Directory.CreateTempSubdirectory("xrdct-frames").FullName;
        File.WriteAllText(this["small.poni"], SmallDetector.Poni);
    }

    public string Folder { get; }

    public string this[string name] => Path.Combine(Folder, name);

    /// <summary>Frame i has i·7 counts more in every pixel with a value.</summary>
    public static int[][] Make(int count)
    {
        int[] first = Npy.ReadInts(SmallDetector.Golden("image.npy"));
        return [.. Enumerable.Range(0, count).Select(i => first.Select(pixel => pixel < 0 ? pixel : pixel + (7 * i)).ToArray())];
    }

    /// <summary>Intensities [frame][bin] by the scalar reference.</summary>
    public static double[][] Expected(int[][] frames, IntegrationFilter filter = IntegrationFilter.Trimmed)
    {
        var plan = new IntegrationPlan(SmallDetector.Geometry, SmallDetector.Mask(), SmallDetector.Options(filter));
        var integrator = new ReferenceIntegrator(plan, SmallDetector.Reader());
        return [.. frames.Select(frame =>
        {
            var pattern = new DiffractionPattern(Bins);
            integrator.Integrate([SmallDetector.Frame(frame)], [pattern]);
            return Enumerable.Range(0, Bins).Select(pattern.Intensity).ToArray();
        })];
    }

    /// <summary>Runs <c>xrdct integrate</c> on the frames' detector, with its exceptions.</summary>
    public int Integrate(params string[] arguments) => new System.CommandLine.RootCommand { new Server.Commands.IntegrateCommand().Build() }.Parse(
        [
            "integrate", .. arguments, "--poni", this["small.poni"], "--mask", SmallDetector.Golden("mask.npy"), "--unit", "q_invnm",
            "--bins", Bins.ToString(CultureInfo.InvariantCulture), "--polarisation", "0.95", "--json",
        ]).Invoke(new System.CommandLine.InvocationConfiguration { EnableDefaultExceptionHandler = false });

    /// <summary>Writes a stack.</summary>
    public string WriteNpy(string name, int[][] frames)
    {
        string header = $"{{'descr': '<i4', 'fortran_order': False, 'shape': ({frames.Length}, 120, 160), }}".PadRight(117) + "\n";
        using var file = new BinaryWriter(File.Create(this[name]));
        file.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
        file.Write(Encoding.ASCII.GetBytes(header));
        Array.ForEach(frames, frame => file.Write(MemoryMarshal.AsBytes(frame.AsSpan())));
        return this[name];
    }

    /// <summary>Writes one frame.</summary>
    public string WriteEdf(string name, int[] pixels, int rows = 120, int columns = 160)
    {
        string header = $"{{\nByteOrder = LowByteFirst ;\nDataType = SignedInteger ;\nDim_1 = {columns} ;\nDim_2 = {rows} ;\nSize = {4 * pixels.Length} ;\n";
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], [.. Encoding.ASCII.GetBytes(header.PadRight(510) + "}\n"), .. MemoryMarshal.AsBytes(pixels.AsSpan())]);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
