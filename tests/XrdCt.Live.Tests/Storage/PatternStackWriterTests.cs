using System.Text.Json;
using PureHDF;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Tests.Storage;

public class PatternStackWriterTests
{
    private const int Bins = 50;
    private const int Sectors = 3;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Finish_SomeFrames_AreTheDefaultPlotOfSilxAndTheRestIsNaN(bool isCake)
    {
        using TemporaryFolder folder = new();
        int size = isCake ? Sectors * Bins : Bins;
        using (PatternStackWriter writer = new(folder.File("a.h5"), Layout(4, isCake), overwrite: false))
        {
            writer.Write(Pattern(size, 0));
            writer.WriteMissing();
            writer.Write(Pattern(size, 2));
            writer.Finish();
        }

        JsonElement seen = ForeignPython.Run("silx", """
            import sys, json, h5py, numpy
            from silx.io import nxdata
            f = h5py.File(sys.argv[1], 'r')
            d = nxdata.get_default(f)
            s = d.signal
            print(json.dumps({
                'shape': s.shape, 'axes': d.axes_dataset_names, 'units': f['entry/data/x'].attrs['units'],
                'value': float(s[2].flat[7]), 'empty': bool(numpy.isnan(s[0].flat[0])), 'missing': bool(numpy.isnan(s[1]).all() and numpy.isnan(s[3]).all()),
                'integrated': f['entry/data/is_integrated'][()].tolist(), 'n_eff': float(f['entry/data/n_eff'][2].flat[7]),
                'chi': f['entry/data/chi'][()].tolist() if 'chi' in f['entry/data'] else None,
                'settings': f['entry/process/settings'].asstr()[()]}))
            """, folder.File("a.h5"));

        Assert.Equal(isCake ? $"[4, {Sectors}, {Bins}]" : $"[4, {Bins}]", seen.GetProperty("shape").ToString());
        Assert.Equal(isCake ? [null, "chi", "x"] : [null, "x"], seen.GetProperty("axes").EnumerateArray().Select(a => a.GetString()));
        Assert.Equal("degree", seen.GetProperty("units").GetString());
        Assert.Equal((float)Pattern(size, 2).Intensity(7), seen.GetProperty("value").GetSingle());
        Assert.Equal((float)Pattern(size, 2).EffectiveCount(7), seen.GetProperty("n_eff").GetSingle());
        Assert.True(seen.GetProperty("empty").GetBoolean());
        Assert.True(seen.GetProperty("missing").GetBoolean());
        Assert.Equal([1, 0, 1, 0], seen.GetProperty("integrated").EnumerateArray().Select(i => i.GetInt32()));
        Assert.Equal("filter: mean\nmask: none", seen.GetProperty("settings").GetString());
        if (isCake)
        {
            Assert.Equal([-120, 0, 120], seen.GetProperty("chi").EnumerateArray().Select(c => Math.Round(c.GetDouble())));
        }
    }

    [Fact]
    public void Write_MoreFramesThanAChunkHolds_EachIsInItsRow()
    {
        const int Frames = 2000;
        using TemporaryFolder folder = new();
        using (PatternStackWriter writer = new(folder.File("a.h5"), Layout(Frames, isCake: false), overwrite: false))
        {
            for (int i = 0; i < Frames; i++)
            {
                writer.Write(Pattern(Bins, i));
            }

            writer.Finish();
        }

        using NativeFile file = H5File.OpenRead(folder.File("a.h5"));
        float[] intensity = file.Dataset("/entry/data/intensity").Read<float[]>();
        int[] count = file.Dataset("/entry/data/count").Read<int[]>();
        for (int i = 0; i < Frames; i++)
        {
            Assert.Equal((float)Pattern(Bins, i).Intensity(7), intensity[(i * Bins) + 7]);
            Assert.Equal(Pattern(Bins, i).Count[7], count[(i * Bins) + 7]);
        }
    }

    [Fact]
    public void Dispose_Unfinished_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        using (PatternStackWriter writer = new(folder.File("a.h5"), Layout(2, isCake: false), overwrite: false))
        {
            writer.Write(Pattern(Bins, 0));
        }

        Assert.Empty(folder.Names);
    }

    [Fact]
    public void New_FileExists_IsKept()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("a.h5"), "precious");
        Assert.Contains(
            "exists", Assert.Throws<IOException>(() => new PatternStackWriter(folder.File("a.h5"), Layout(2, isCake: false), overwrite: false)).Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(folder.File("a.h5")));
    }

    private static PatternStackLayout Layout(int frames, bool isCake) => new()
    {
        Axis = new RadialAxis(RadialUnit.TwoTheta_deg, 1, 20, Bins),
        AzimuthAxis = isCake ? new AzimuthAxis(-180, 180, Sectors) : null,
        Sources = [.. Enumerable.Range(0, frames).Select(i => $"frame {i}.cbf")],
        Settings = ["filter: mean", "mask: none"],
        Program = "test",
    };

    // Bin 0 is empty; all others differ from frame to frame.
    private static DiffractionPattern Pattern(int size, int frame)
    {
        var pattern = new DiffractionPattern(size) { Outcome = FrameOutcome.Accepted };
        pattern.Clear();
        for (int b = 1; b < size; b++)
        {
            pattern.Signal[b] = b + (10 * frame);
            pattern.Normalisation[b] = 3;
            pattern.NormalisationSquared[b] = 3 + (0.1 * frame);
            pattern.Variance[b] = b;
            pattern.Count[b] = 3 + frame;
            pattern.Mean[b] = b;
        }

        return pattern;
    }
}
