using System.Text.Json;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Tests.Storage;

public sealed class VolumeFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(33, 130, 128)]
    [InlineData(16, 64, 64)]
    [InlineData(5, 1, 1)]
    public void Write_ThenRead_IsTheSameToTheBit(int size, int bins, int step)
    {
        VolumeHeader header = Header(size, bins);
        float[] slices = Slices(header);
        string path = Write(header, slices, step);

        using VolumeFile file = new(path, NoDecoder);

        Assert.Equal((size, 10.0, RadialUnit.Q_invA, "electrode", "scan.nxs::/entry/data/intensity"), (file.Header.Size, file.Header.PixelSize_um, file.Header.Unit!.Value, file.Header.Title, file.Header.Origin));
        Assert.Equal(header.Radial, file.Header.Radial);
        float[] read = file.ReadBins(0, bins);
        for (int b = 0; b < bins; b++)
        {
            for (int i = 0; i < header.PixelCount; i++)
            {
                Assert.Equal(BitConverter.SingleToInt32Bits(slices[(i * bins) + b]), BitConverter.SingleToInt32Bits(read[(b * header.PixelCount) + i]));
            }
        }

        Assert.Equal(slices.AsSpan(((3 * size) + 4) * bins, bins).ToArray(), file.ReadPattern(3, 4));
    }

    [Fact]
    public void Write_OpenedWithH5py_HasAxesUnitsParametersAndTheMean()
    {
        VolumeHeader header = Header(9, 70);
        float[] slices = Slices(header);
        string path = Write(header, slices, 70);

        JsonElement seen = ForeignPython.Run(
            "h5py",
            """
            import h5py, json, sys
            import numpy as np
            with h5py.File(sys.argv[1], "r") as f:
                d = f["entry/reconstruction"]
                v = d["intensity"][()]
                print(json.dumps({
                    "shape": v.shape, "axes": [a if isinstance(a, str) else a.decode() for a in d.attrs["axes"]], "x": d["x"][()].tolist(), "units": d["x"].attrs["units"],
                    "voxel": v[:, 3, 5].tolist(), "mean": float(f["entry/total/intensity"][3, 5]), "numpy": float(np.nanmean(v[:, 3, 5].astype("f8"))),
                    "filter": f["entry/process/filter"][()].decode(), "x0": f["entry/process/roi/x0"][()], "x0_units": f["entry/process/roi/x0"].attrs["units"],
                    "default": f["entry"].attrs["default"], "corner": bool(np.isnan(v[0, 0, 0])) }))
            """,
            path);

        Assert.Equal([70, 9, 9], seen.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(["diffraction_channel", "y", "x"], seen.GetProperty("axes").EnumerateArray().Select(e => e.GetString()!));
        Assert.Equal(Enumerable.Range(-4, 9).Select(i => i * 10.0), seen.GetProperty("x").EnumerateArray().Select(e => e.GetDouble()));
        Assert.Equal("um", seen.GetProperty("units").GetString());
        Assert.Equal(slices.AsSpan(((3 * 9) + 5) * 70, 70).ToArray(), seen.GetProperty("voxel").EnumerateArray().Select(e => (float)e.GetDouble()));
        Assert.Equal(seen.GetProperty("numpy").GetDouble(), seen.GetProperty("mean").GetDouble(), 1e-5);
        Assert.Equal(("shepp-logan", 12.5, "um", "total"), (seen.GetProperty("filter").GetString(), seen.GetProperty("x0").GetDouble(), seen.GetProperty("x0_units").GetString(), seen.GetProperty("default").GetString()));
        Assert.True(seen.GetProperty("corner").GetBoolean());
    }

    [Fact]
    public void Dispose_BeforeTheEnd_LeavesNothing()
    {
        using (VolumeWriter writer = new(_folder.File("volume.nxs"), Header(9, 70), "test", overwrite: false))
        {
            Assert.Throws<InvalidOperationException>(() => writer.Finish([]));
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Write_WhereAFileIs_RefusesAndNamesIt()
    {
        string path = Write(Header(5, 1), Slices(Header(5, 1)), 1);
        IOException refusal = Assert.Throws<IOException>(() => new VolumeWriter(path, Header(5, 1), "test", overwrite: false));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SinogramFile_SaysThatThereAreNoSlices()
    {
        string path = new Live.Storage.NexusScanStore(_folder.Path).Save(ScanSamples.Scan(5, 4, 3));
        Assert.False(VolumeFile.IsVolume(path, NoDecoder));
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => new VolumeFile(path, NoDecoder));
        Assert.Contains("xrdct reconstruct", refusal.Message, StringComparison.Ordinal);
    }

    private static bool NoDecoder(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain) => false;

    private static VolumeHeader Header(int size, int bins) => new()
    {
        Size = size,
        PixelSize_um = 10,
        Radial = [.. Enumerable.Range(0, bins).Select(b => 0.5 + (0.01 * b))],
        Unit = RadialUnit.Q_invA,
        Title = "electrode",
        Origin = "scan.nxs::/entry/data/intensity",
        Parameters = [VolumeParameter.Of("filter", "shepp-logan"), VolumeParameter.Of("roi/x0", 12.5, "um"), VolumeParameter.Of("roi/mode", "completion")],
    };

    private static float[] Slices(VolumeHeader header)
    {
        var random = new Random(7);
        float[] slices = [.. Enumerable.Range(0, header.PixelCount * header.BinCount).Select(_ => random.NextSingle())];
        slices.AsSpan(0, header.BinCount).Fill(float.NaN);
        return slices;
    }

    private string Write(VolumeHeader header, float[] slices, int step)
    {
        string path = _folder.File("volume.nxs");
        using VolumeWriter writer = new(path, header, "test", overwrite: false);
        for (int first = 0; first < header.BinCount; first += step)
        {
            int count = Math.Min(step, header.BinCount - first);
            float[] part = new float[header.PixelCount * count];
            for (int i = 0; i < header.PixelCount; i++)
            {
                slices.AsSpan((i * header.BinCount) + first, count).CopyTo(part.AsSpan(i * count));
            }

            writer.Write(part, count);
        }

        writer.Finish([]);
        return path;
    }
}
