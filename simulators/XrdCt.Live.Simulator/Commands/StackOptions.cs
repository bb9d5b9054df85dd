using System.CommandLine;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that make a scan one of several slices.</summary>
internal sealed class StackOptions
{
    private readonly Option<int> _slices = new("--slices")
    {
        Description = "Number of slices, each a series of its own with the numbers from --series-id on; faults are made in every series",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _step_um = new("--slice-step-um")
    {
        Description = "Distance of two slices, µm: particles are columns of spheres, cut at the height of the slice",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<bool> _oneSeries = new("--one-series")
    {
        Description = "Send all slices in one series, whose indices go on from slice to slice",
    };

    public IEnumerable<Option> All => [_slices, _step_um, _oneSeries];

    /// <summary>The option that asks for several slices.</summary>
    public string Name => _slices.Name;

    /// <summary>Whether several were asked for.</summary>
    public bool IsGiven(ParseResult result) => result.GetValue(_slices) != 1;

    /// <summary>What each series sends; made when its turn comes.</summary>
    /// <exception cref="UsageException">A value cannot be.</exception>
    public IReadOnlyList<Func<IFrameSource>> Series(ParseResult result, VirtualExperiment experiment)
    {
        int count = result.GetValue(_slices);
        double step_um = result.GetValue(_step_um);
        if (count < 1 || (long)count * experiment.Plan.CellCount > int.MaxValue || !double.IsFinite(step_um))
        {
            throw new UsageException($"--slices must be 1 to {int.MaxValue / experiment.Plan.CellCount}, --slice-step-um a number");
        }

        Func<PhantomSource>[] slices = [.. Enumerable.Range(0, count).Select<int, Func<PhantomSource>>(k => () => new PhantomSource(experiment.At(k, k * step_um)))];
        return result.GetValue(_oneSeries) && count > 1 ? [() => new StackSource([.. slices.Select(make => make())])] : slices;
    }
}
